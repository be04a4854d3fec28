package dev.jlava.engine;

/// A weight of a model: its Hugging Face name, its value, and whether the stage trains it.
public final class Parameter {
  private final String name;
  private final Tensor value;
  private boolean trained;

  /// @param name full name, part first: `decoder.model.norm.weight`
  /// @param value the elements, owned by the model's scope; updated in place
  public Parameter(String name, Tensor value) {
    this.name = name;
    this.value = value;
  }

  public String name() {
    return name;
  }

  public Tensor value() {
    return value;
  }

  public boolean trained() {
    return trained;
  }

  public void setTrained(boolean trained) {
    this.trained = trained;
  }

  @Override
  public String toString() {
    return name + " " + value;
  }
}
