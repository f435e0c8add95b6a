import { IsString, Length } from 'class-validator';

/** Why an event is armed again, or given up. */
export class DecideEventDto {
  /** For the platform's audit trail. */
  @IsString()
  @Length(1, 500)
  reason!: string;
}
