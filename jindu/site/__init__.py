"""The pages that people look at, made from the published database and a failed night's notice alone."""
