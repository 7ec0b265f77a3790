"""Rules about containers, images and volumes of a pod."""
