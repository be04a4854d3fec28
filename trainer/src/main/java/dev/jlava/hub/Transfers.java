package dev.jlava.hub;

/// Hears of the fetching of a model as it goes on.
public interface Transfers {
  /// A model's files begin to be fetched.
  ///
  /// @param present bytes that are here already
  void begins(String model, long present, long total);

  /// The next file.
  void file(String name);

  /// Bytes came in; fewer than none where some have to be fetched again.
  void moved(long bytes);

  /// The model is here.
  void ends();

  /// Anything else that the user should read.
  void say(String line);
}
