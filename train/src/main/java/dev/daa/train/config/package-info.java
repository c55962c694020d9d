/// Configs: records read from YAML, JSON and the command line, with every wrong key or value named by its place.
@org.jspecify.annotations.NullMarked
package dev.daa.train.config;
