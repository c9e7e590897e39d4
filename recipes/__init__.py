"""Recipes: one Python file of Recipe values for each family; results/ holds what they measured."""
