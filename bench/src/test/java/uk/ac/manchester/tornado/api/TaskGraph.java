package uk.ac.manchester.tornado.api;

/// Stands in for TornadoVM's class, which is absent without its SDK; only the architecture fixture names it.
public final class TaskGraph {}
