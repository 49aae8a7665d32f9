"""The loop that every GAN plays, and the words in which a game says what it is."""

from keras_gan.game.columns import Column
from keras_gan.game.duel import Duel
from keras_gan.game.game import Game
from keras_gan.game.player import Player
from keras_gan.game.round import Round

__all__ = ["Column", "Duel", "Game", "Player", "Round"]
