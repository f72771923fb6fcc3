"""Pictures for the documents, still and moving, as PNGs with a palette: a third of what a browser would write."""

import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from itertools import count, pairwise

from playwright.async_api import Browser, Page

Box = tuple[int, int, int, int]
"""Left, top, width, height in pixels."""

SHARP = 1.5
"""Device pixels for one of the page: crisp on today's screens, still small."""
STYLE = """
body { display: flex; gap: 28px; margin: 14px; background: #fff }
img { width: 360px; border: 1px solid #d8d2c8; border-radius: 22px }
"""
COLOURS, FEW_COLOURS = 256, 64
TO_PALETTE = """async ([sources, most]) => {
  const images = await Promise.all(sources.map(async (src) => {
    const image = Object.assign(new Image(), { src });
    await image.decode();
    return image;
  }));
  const { width } = images[0];
  const height = images[0].height * images.length;
  const canvas = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  images.forEach((image, at) => canvas.drawImage(image, 0, at * image.height));
  const pixels = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
  const count = new Map();
  for (const pixel of pixels) count.set(pixel, (count.get(pixel) ?? 0) + 1);
  const palette = [...count].sort((a, b) => b[1] - a[1]).slice(0, most).map(([pixel]) => pixel);
  const parts = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const far = (a, b) => parts(a).reduce((sum, part, at) => sum + (part - parts(b)[at]) ** 2, 0);
  const known = new Map(palette.map((pixel, at) => [pixel, at]));
  for (const pixel of count.keys()) {
    if (known.has(pixel)) continue;
    let best = 0;
    palette.forEach((other, at) => far(pixel, other) < far(pixel, palette[best]) && (best = at));
    known.set(pixel, best);
  }
  const indices = Uint8Array.from(pixels, (pixel) => known.get(pixel));
  let text = "";
  for (let at = 0; at < indices.length; at += 30000) text += String.fromCharCode(...indices.subarray(at, at + 30000));
  return { width, height, palette: palette.flatMap(parts), indices: btoa(text) };
}"""


async def side_by_side(browser: Browser, shots: Sequence[bytes], width: int, height: int) -> bytes:
    """One picture of several screenshots, ``width`` x ``height`` in pixels of the page."""
    sheet = await browser.new_page(viewport={"width": width, "height": height}, device_scale_factor=SHARP)
    images = "".join(f'<img src="{_as_source(shot)}">' for shot in shots)
    await sheet.set_content(f"<style>{STYLE}</style>{images}")
    width, height, palette, indices = await _drawn(sheet, [await sheet.screenshot()], COLOURS)
    await sheet.close()
    return _png(width, height, palette, [(_whole(width, height), indices, 0.0)])


async def still(browser: Browser, shot: bytes) -> bytes:
    """One screenshot as it is, with a palette."""
    sheet = await browser.new_page()
    width, height, palette, indices = await _drawn(sheet, [shot], COLOURS)
    await sheet.close()
    return _png(width, height, palette, [(_whole(width, height), indices, 0.0)])


async def moving(browser: Browser, shots: Sequence[tuple[bytes, float]]) -> bytes:
    """An animated PNG of screenshots of one size, each with the seconds that it stands; it begins anew for ever."""
    sheet = await browser.new_page()
    width, tall, palette, indices = await _drawn(sheet, [shot for shot, _ in shots], FEW_COLOURS)
    await sheet.close()
    height = tall // len(shots)
    size = width * height
    frames = [indices[at * size : (at + 1) * size] for at in range(len(shots))]
    boxes = [_whole(width, height), *(_changed(width, one, two) for one, two in pairwise(frames))]
    parts = [(box, _cut(width, frame, box), shot[1]) for box, frame, shot in zip(boxes, frames, shots, strict=True)]
    return _png(width, height, palette, parts)


async def _drawn(sheet: Page, shots: Sequence[bytes], colours: int) -> tuple[int, int, bytes, bytes]:
    """All of them below one another: width, height, a palette for all, and the index of each pixel."""
    drawn = await sheet.evaluate(TO_PALETTE, [[_as_source(shot) for shot in shots], colours])
    return drawn["width"], drawn["height"], bytes(drawn["palette"]), b64decode(drawn["indices"])


def _as_source(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"


def _whole(width: int, height: int) -> Box:
    return 0, 0, width, height


def _changed(width: int, before: bytes, after: bytes) -> Box:
    """The smallest box that holds every pixel that differs."""
    rows = [at // width for at in range(0, len(after), width) if before[at : at + width] != after[at : at + width]]
    if not rows:
        return 0, 0, 1, 1
    first, last = rows[0], rows[-1]
    span = range(width)
    lines = slice(first * width, (last + 1) * width)
    one, two = before[lines], after[lines]
    columns = [x for x in span if one[x::width] != two[x::width]]
    return columns[0], first, columns[-1] - columns[0] + 1, last - first + 1


def _cut(width: int, frame: bytes, box: Box) -> bytes:
    x, y, wide, high = box
    return b"".join(frame[row * width + x : row * width + x + wide] for row in range(y, y + high))


def _png(width: int, height: int, palette: bytes, frames: Sequence[tuple[Box, bytes, float]]) -> bytes:
    """A PNG of one frame, or an animated one of several: a box of changed pixels each, and how long it stands."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)), (b"PLTE", palette)]
    if len(frames) > 1:
        chunks.append((b"acTL", struct.pack(">II", len(frames), 0)))
    number = count()
    for at, ((x, y, wide, high), indices, seconds) in enumerate(frames):
        rows = b"".join(b"\0" + indices[row * wide : (row + 1) * wide] for row in range(high))
        data = zlib.compress(rows, 9)
        if len(frames) > 1:
            stands = round(seconds * 1000)
            chunks.append((b"fcTL", struct.pack(">IIIIIHHBB", next(number), wide, high, x, y, stands, 1000, 0, 0)))
        chunks.append((b"fdAT", struct.pack(">I", next(number)) + data) if at else (b"IDAT", data))
    chunks.append((b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
