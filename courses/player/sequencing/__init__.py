"""Sequencing of SCORM 2004, as the pseudo-code of its book has it (SN, appendix C). Pure."""
