package dev.daa.train.config;

/// One `--key value` of the command line; the key may be dotted (`optimizer.beta1`).
///
/// @param key name without the dashes
/// @param value its text as typed
public record Assignment(String key, String value) {}
