"""The form that makes an activation atlas."""
