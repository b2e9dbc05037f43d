"""Version v1alpha1 of the resources, one file per subject.

Rule: a field is here from the feature on that acts on it, and never before. Fields are only added.
"""
