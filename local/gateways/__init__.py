"""Doubles of the payment gateways, with books that tell whether anybody was charged twice: this changes when another
gateway's wire is spoken."""
