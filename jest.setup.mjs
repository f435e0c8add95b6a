// CJS packages that require() Nest need it loaded as ESM first, under Jest only.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
