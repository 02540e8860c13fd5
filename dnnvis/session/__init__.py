"""What has the user chosen?"""
