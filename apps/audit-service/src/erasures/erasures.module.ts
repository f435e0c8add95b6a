import { Module } from '@nestjs/common';
import { TrailModule } from '../trail/trail.module.js';
import { ErasePersonWhenUserErasedHandler } from './erase-person-when-user-erased.handler.js';
import { ErasuresController } from './erasures.controller.js';
import { ErasuresService } from './erasures.service.js';

@Module({ imports: [TrailModule], controllers: [ErasePersonWhenUserErasedHandler, ErasuresController], providers: [ErasuresService] })
export class ErasuresModule {}
