"""The committed contracts: what is written under schemas/, and how it is made."""
