/// What a study is asked to do: its YAML, and the cells that this makes.
@NullMarked
package dev.daa.eval.study.config;

import org.jspecify.annotations.NullMarked;
