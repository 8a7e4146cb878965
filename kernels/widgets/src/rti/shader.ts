/** The program that lights a tile: planes in, colour out. */
export const MAX_GROUPS = 17;

export const VERTEX = /* glsl */ `#version 300 es
uniform vec4 place; // left, top, width, height on the stage, -1 to 1, y up
in vec2 corner;
out vec2 at;
void main() {
  at = corner;
  gl_Position = vec4(place.x + corner.x * place.z, place.y - corner.y * place.w, 0.0, 1.0);
}`;

export const FRAGMENT = /* glsl */ `#version 300 es
precision highp float;
uniform sampler2D planes;
uniform vec2 size;
uniform int groups;
uniform bool isLrgb;
uniform int look; // 0 photograph, 1 gloss, 2 normals
uniform float weights[16];
uniform vec3 low[${MAX_GROUPS}];
uniform vec3 span[${MAX_GROUPS}];
uniform vec3 halfway;
uniform vec3 gloss; // diffuse, specular, exponent
in vec2 at;
out vec4 shown;

vec4 group(int index) {
  vec2 inside = clamp(at * size, vec2(0.5), size - 0.5);
  vec2 place = vec2(inside.x / size.x, (inside.y + float(index) * size.y) / (size.y * float(groups)));
  vec4 stored = texture(planes, place);
  return vec4(low[index] + span[index] * stored.rgb, stored.a);
}

vec3 photograph(out float alpha) {
  vec4 first = group(0);
  alpha = first.a;
  if (isLrgb) {
    float level = dot(vec3(weights[0], weights[1], weights[2]), first.rgb)
      + dot(vec3(weights[3], weights[4], weights[5]), group(1).rgb);
    return level * group(2).rgb;
  }
  vec3 sum = weights[0] * first.rgb;
  for (int term = 1; term < groups - 1; term += 1) sum += weights[term] * group(term).rgb;
  return sum;
}

void main() {
  float alpha = 1.0;
  vec3 colour = vec3(0.0);
  vec4 normal = look == 0 ? vec4(0.0) : group(groups - 1);
  vec3 unit = normal.rgb / max(length(normal.rgb), 1e-4);
  if (look == 2) {
    alpha = normal.a;
    colour = 0.5 + 0.5 * unit;
  } else {
    colour = photograph(alpha);
    if (look == 1) {
      float facing = normal.a * clamp(dot(unit, halfway), 0.0, 1.0);
      colour = gloss.x * max(colour, 0.0) + gloss.y * pow(facing, gloss.z);
    }
  }
  shown = vec4(clamp(colour, 0.0, 1.0) * alpha, alpha);
}`;
