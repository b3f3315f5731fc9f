/** Generated street and landscape scenes with a label for every pixel: what `stego demo` trains on. */
export { renderScene, SCENE_CLASSES, type Scene } from './scene.js'
export { type SceneSetOptions, writeScenes } from './write-scenes.js'
