import 'reflect-metadata';
// ESM Nest is evaluated before any CommonJS add-on require()s it.
import '@nestjs/common';
import '@nestjs/core';
