/**
 * What is used of class-validator, by its modules: its index loads every check it has, those of telephone numbers among
 * them, which is a tenth of each start.
 */
import { ValidateBy } from 'class-validator/cjs/decorator/common/ValidateBy.js';
import { ValidateIf } from 'class-validator/cjs/decorator/common/ValidateIf.js';
import { getMetadataStorage } from 'class-validator/cjs/metadata/MetadataStorage.js';
import { Validator } from 'class-validator/cjs/validation/Validator.js';
import type { ValidationError, ValidatorOptions } from 'class-validator';

const validator = new Validator();
const validateSync = (object: object, options: ValidatorOptions): ValidationError[] => validator.validateSync(object, options);

export { getMetadataStorage, ValidateBy, ValidateIf, validateSync };
