/**
 * A typedoc plugin. Documents options from their schemas, which hold the documentation for the API, the configuration
 * file and the command line; presents constants that hold a function (lib/lazily.ts) as functions. Needs `dist/`.
 */
import { Comment, Converter, ReflectionKind } from 'typedoc'
import { optionText, PARTS } from './option-comments.js'

/** The location of each option type's schema in `dist/`. */
const SCHEMAS = {
  BuildFeatureStoreInput: ['features/options.js', 'buildSchema'],
  CorrespondFeaturesInput: ['options/correspond.js', 'correspondFeaturesSchema'],
  CorrespondInput: ['options/correspond.js', 'correspondSchema'],
  CorrespondenceLossInput: ['standalone/correspondence-loss.js', 'correspondenceLossSchema'],
  CropInput: ['options/crop.js', 'cropSchema'],
  DenseCrfBatchInput: ['standalone/dense-crf-options.js', 'denseCrfBatchSchema'],
  DenseCrfInput: ['standalone/dense-crf-options.js', 'denseCrfSchema'],
  DenseCrfProblem: ['standalone/dense-crf-options.js', 'denseCrfProblemSchema'],
  EvaluateInput: ['options/evaluate.js', 'evaluateSchema'],
  FeaturesInput: ['options/features.js', 'featuresSchema'],
  LoadOptions: ['options/load.js', 'loadSchema'],
  NearestNeighborsInput: ['standalone/nearest-neighbors.js', 'nearestNeighborsSchema'],
  NeighborsInput: ['neighbors/options.js', 'neighborsSchema'],
  PrecisionRecallInput: ['options/precision-recall.js', 'precisionRecallSchema'],
  'Preset.options': ['options/train.js', 'trainSchema'],
  SegmentInput: ['options/segment.js', 'segmentSchema'],
  TrainFields: ['options/train.js', 'trainSchema'],
  TrainOptions: ['options/train.js', 'trainSchema'],
}

const fromDist = (file) => import(new URL(`../../dist/${file}`, import.meta.url))

/** @param {import('typedoc').Application} app */
export async function load(app) {
  const { fieldsOf } = await fromDist('options/describe.js')
  /** Documentation by path, such as `EvaluateInput.data` or `TrainFields.weights.self`. */
  const comments = new Map()
  for (const [type, [file, name]] of Object.entries(SCHEMAS)) {
    const { [name]: schema } = await fromDist(file)
    for (const field of fieldsOf(schema)) comments.set([type, ...field.path].join('.'), optionText(field))
  }
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const property of project.getReflectionsByKind(ReflectionKind.Property)) {
      const text = comments.get(pathOf(property)) ?? (isOption(property) ? PARTS : undefined)
      if (text && !property.hasComment()) property.comment = new Comment([{ kind: 'text', text }])
    }
    for (const variable of project.getReflectionsByKind(ReflectionKind.Variable)) tellAsFunction(variable)
  })
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const plain = project.getReflectionsByKind(ReflectionKind.Property).filter(isToldAbove)
    app.options.setValue(
      'intentionallyNotDocumented',
      plain.map((property) => property.getFullName()),
    )
  })
}

const isOption = (property) => pathOf(property).split('.')[0] in SCHEMAS

/** Members of types like `{ width: number, height: number }`, whose comment is on the whole type. */
const isToldAbove = (property) =>
  property.parent?.parent?.kindOf(ReflectionKind.Property) &&
  property.parent.parent.hasComment() &&
  !property.hasComment()

function tellAsFunction(variable) {
  const { signatures } = variable.type?.declaration ?? {}
  if (!signatures) return
  variable.kind = ReflectionKind.Function
  variable.signatures = signatures
  variable.type = undefined
  for (const signature of signatures) {
    signature.parent = variable
    signature.name = variable.name
  }
}

/** The name of a property, starting from its type; unnamed nested types are left out. */
function pathOf(property) {
  const names = []
  for (let at = property; at && !at.isProject(); at = at.parent) {
    if (at.name !== '__type' && at.name !== '__object') names.unshift(at.name)
  }
  return names.join('.')
}
