"""How people really write: scores files of labelled, invented sentences through the real code, and trains on them.

``python -m tests.speech FILE...`` scores; ``python -m tests.speech.train`` writes the weights of the crisis scale.
"""
