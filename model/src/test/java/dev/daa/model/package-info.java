/// Small models that several tests share.
@NullMarked
package dev.daa.model;

import org.jspecify.annotations.NullMarked;
