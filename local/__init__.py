"""What runs the shop on one machine: its set-up, its servers, its cloud and its demo. Nothing here is deployed."""
