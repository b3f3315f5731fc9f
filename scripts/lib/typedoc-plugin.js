/**
 * A typedoc plugin. Documents options from their schemas, which hold the documentation for the API, the configuration
 * file and the command line; presents constants that hold a function (lib/lazily.ts) as functions. Needs `dist/`.
 */
import { Comment, Converter, ReflectionKind } from 'typedoc'
import { optionText, PARTS } from './option-comments.js'

/** The location of each option type's schema in `dist/`. */
const SCHEMAS = {
  BuildFeatureStoreOptions: ['features/options.js', 'buildSchema'],
  CorrespondFeaturesOptions: ['correspond/options.js', 'correspondFeaturesSchema'],
  CorrespondOptions: ['correspond/options.js', 'correspondSchema'],
  CorrespondenceLossOptions: ['loss/correspondence-loss.js', 'correspondenceLossSchema'],
  CropOptions: ['datasets/crop-options.js', 'cropSchema'],
  DenseCrfBatchOptions: ['crf/options.js', 'denseCrfBatchSchema'],
  DenseCrfOptions: ['crf/options.js', 'denseCrfSchema'],
  DenseCrfProblem: ['crf/options.js', 'denseCrfProblemSchema'],
  EvaluateOptions: ['evaluation/options.js', 'evaluateSchema'],
  FeaturesOptions: ['model/options.js', 'featuresSchema'],
  LoadOptions: ['model/options.js', 'loadSchema'],
  NearestNeighborsOptions: ['neighbors/nearest-neighbors.js', 'nearestNeighborsSchema'],
  NeighborsOptions: ['neighbors/options.js', 'neighborsSchema'],
  PrecisionRecallOptions: ['evaluation/options.js', 'precisionRecallSchema'],
  'Preset.options': ['method/train-options.js', 'trainSchema'],
  SegmentAllOptions: ['model/options.js', 'segmentAllSchema'],
  SegmentOptions: ['model/options.js', 'segmentSchema'],
  RunOptions: ['method/train-options.js', 'trainSchema'],
  ResolvedRunOptions: ['method/train-options.js', 'trainSchema'],
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

/** The name of a property, starting from its type; unnamed nested types are left out. */
function pathOf(property) {
  const names = []
  for (let at = property; at && !at.isProject(); at = at.parent) {
    if (at.kindOf(ReflectionKind.Module)) break
    if (at.name !== '__type' && at.name !== '__object') names.unshift(at.name)
  }
  return names.join('.')
}
