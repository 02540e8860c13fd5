"""The running network beside a second one."""
