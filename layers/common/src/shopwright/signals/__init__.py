"""What a product's own figures say of its chance to be bought, explained."""
