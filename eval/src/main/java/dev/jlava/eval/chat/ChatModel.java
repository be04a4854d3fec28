package dev.jlava.eval.chat;

/// A language model that answers conversations. Safe for use by many threads.
public interface ChatModel extends AutoCloseable {
  /// What tells its replies from another model's.
  String name();

  /// The model's reply.
  ///
  /// @throws ChatException where there is none
  ChatReply reply(ChatRequest request) throws InterruptedException;

  /// How many attempts run side by side to some use.
  int concurrency();

  @Override
  void close();
}
