package dev.jlava.data.world;

/// A question about a scene with its only right answer.
///
/// @param form which way of asking this is, finer than its kind: what [AnswerBalance] evens out
/// @param text the question, without an image mark
/// @param answer lower-case words
public record Question(QuestionKind kind, String form, String text, String answer) {}
