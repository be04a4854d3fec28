package dev.jlava.recipe;

/// A fault in a recipe or its use. The message lists every problem found, one a line.
public final class RecipeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public RecipeException(String message) {
    super(message);
  }
}
