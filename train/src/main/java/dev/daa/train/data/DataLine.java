package dev.daa.train.data;

import tools.jackson.databind.node.ObjectNode;

/// One row of a data file.
///
/// @param place `file:line`, for errors; `file: row N` in a Parquet file
/// @param number line of the file, or row of a Parquet file, from 1
record DataLine(String place, long number, ObjectNode object) {}
