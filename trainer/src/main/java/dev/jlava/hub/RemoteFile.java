package dev.jlava.hub;

/// A file of a model at a commit, as the hub describes it.
///
/// @param etag the SHA-256 of a large file, git's hash of another
/// @param size in bytes
record RemoteFile(HubId model, String commit, String name, String etag, long size) {
  @Override
  public String toString() {
    return model + ": " + name;
  }
}
