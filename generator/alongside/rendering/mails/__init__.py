"""The rooms of mail rendering: values, templates, prose, frame, compiling, the envelope."""
