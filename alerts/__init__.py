"""What needs attention: rules over live figures and controllers' health, and the alerts that they open and resolve."""
