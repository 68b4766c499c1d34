"""`republish`: a service's topic made anew from its log, and everything that takes it led there."""
