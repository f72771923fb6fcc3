"""知心 (Zhixin): a chat bot for Youth League cadres and the young people each of them keeps contact with."""
