"""What is published: records and their fields, resources, methods, and the catalog that joins them."""
