//! Behaviour through the public door, one module a room.

mod exposition;
