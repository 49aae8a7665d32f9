"""The loop that trains every GAN, and the classes with which a game describes itself (see docs/games.md)."""

from keras_gan.game.columns import Column
from keras_gan.game.duel import Duel
from keras_gan.game.game import Game
from keras_gan.game.player import Player
from keras_gan.game.round import Round

__all__ = ["Column", "Duel", "Game", "Player", "Round"]
