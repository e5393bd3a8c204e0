print("rigaud")
