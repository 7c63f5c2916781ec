"""Who and where: regions, stores, controllers, sensors and zones, and who may see them."""
