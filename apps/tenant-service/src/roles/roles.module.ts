import { Module } from '@nestjs/common';
import { MembersModule } from '../members/members.module.js';
import { RolesController } from './roles.controller.js';
import { RolesService } from './roles.service.js';

@Module({ imports: [MembersModule], controllers: [RolesController], providers: [RolesService] })
export class RolesModule {}
