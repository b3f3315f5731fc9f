import test from 'ava'
import { formatEvaluation, formatSummary } from '../../lib/evaluation/format.js'
import { scoreClusters } from '../../lib/evaluation/scores.js'
import { summarize } from '../../lib/evaluation/summary.js'
import { evaluation } from './evaluation.js'
import { matrix } from './matrix.js'

const scored = scoreClusters(
  matrix([
    [9, 0, 0],
    [1, 10, 0],
    [0, 0, 0],
  ]),
)

test('the table lists heads and classes by name', (t) => {
  const text = formatEvaluation(
    evaluation({
      linearProbe: scored,
      kmeans: scored,
      baselineKmeans: scored,
      labeled: 7,
      classNames: ['road', 'sky', 'car'],
    }),
  )
  t.regex(text, /^val: 10 images, 7 labeled$/m)
  t.regex(text, /^Linear probe +90\.45 % +95\.00 %$/m)
  t.regex(text, /^Backbone, k-means +90\.45 % +95\.00 %$/m)
  t.regex(text, /^road +90\.00 % +90\.00 %$/m)
  t.regex(text, /^car +- +-$/m)
  t.notRegex(text, /Cluster probe|class 0/)
  t.true(text.split('\n').every((line) => line.length <= 80 && line === line.trimEnd()))
})

test('classes without names are numbered', (t) => {
  t.regex(formatEvaluation(evaluation({ kmeans: scored })), /^class 1 +90\.91 %$/m)
})

test('an evaluation without labels says so', (t) => {
  t.regex(formatEvaluation(evaluation({ labeled: 0 })), /nothing to score/)
})

test('without k-means the table shows the cluster probe by class', (t) => {
  const text = formatEvaluation(evaluation({ clusterProbe: scored, classNames: ['road', 'sky', 'car'] }))
  t.regex(text, /^IoU by class +Cluster probe$/m)
  t.regex(text, /^sky +90\.91 %$/m)
})

test('rows of the backbone say where place was taken off its features', (t) => {
  const scores = { baselineKmeans: scored, linearProbe: scored, classNames: ['road', 'sky', 'car'] }
  t.regex(
    formatEvaluation(evaluation({ ...scores, positionRemoved: true })),
    /^Backbone, k-means \(position removed\) /m,
  )
  t.regex(formatEvaluation(evaluation({ ...scores, positionRemoved: false })), /^Backbone, k-means {2}/m)
})

test('clusters without a class are told, and no row of their own', (t) => {
  const extra = scoreClusters(
    matrix([
      [0, 9],
      [2, 1],
      [8, 0],
    ]),
  )
  const text = formatEvaluation(evaluation({ kmeans: extra, linearProbe: scored }))
  t.regex(text, /^Clusters \(k-means\): 1 of 3 have no class, 15\.00 % of the labeled pixels$/m)
  t.notRegex(text, /Linear probe:/)
  t.true(text.split('\n').every((line) => line.length <= 80))
})

test('a summary shows mean and spread, of one figure the mean alone', (t) => {
  const worse = scoreClusters(
    matrix([
      [8, 1, 0],
      [1, 10, 0],
      [0, 0, 0],
    ]),
  )
  const evaluations = [evaluation({ kmeans: scored, linearProbe: scored }), evaluation({ kmeans: worse })]
  const text = formatSummary(summarize(evaluations), ['road', 'sky', 'car'])
  t.regex(text, /^Mean of 2 and their standard deviation$/m)
  t.regex(text, /^Clusters \(k-means\) +\d+\.\d\d ± \d+\.\d\d % +92\.50 ± 3\.54 %$/m)
  t.regex(text, /^road +85\.00 ± 7\.07 %$/m)
  t.regex(text, /^car +-$/m)
  t.notRegex(text, /Linear probe/)
  t.regex(formatSummary(summarize([evaluation({ kmeans: scored })])), /k-means\) +90\.45 % +95\.00 %$/m)
  t.regex(formatSummary(summarize([evaluation({})])), /no head was scored/)
})
