package dev.daa.bench.violating.model;

import uk.ac.manchester.tornado.api.TaskGraph;

final class NamesTornado {
    TaskGraph graph = new TaskGraph();
}
