import { IsOptional, IsUUID } from 'class-validator';

/** Which part of all erasures. */
export class ErasuresAfterQuery {
  /** The id behind which the part begins. */
  @IsOptional()
  @IsUUID()
  after?: string;
}
