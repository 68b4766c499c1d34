"""The processes of the stack under their manager: started, watched, waited for, ended."""
