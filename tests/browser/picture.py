"""Pictures for the documents: phones side by side, as a PNG with a palette, a third of what a browser would write."""

import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence

from playwright.async_api import Browser

SHARP = 1.5
"""Device pixels for one of the page: crisp on today's screens, still small."""
STYLE = """
body { display: flex; gap: 28px; margin: 14px; background: #fff }
img { width: 360px; border: 1px solid #d8d2c8; border-radius: 22px }
"""
COLOURS = 256
TO_PALETTE = """async ([source, most]) => {
  const image = new Image();
  image.src = source;
  await image.decode();
  const { width, height } = image;
  const canvas = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  canvas.drawImage(image, 0, 0);
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
    drawn = await sheet.evaluate(TO_PALETTE, [_as_source(await sheet.screenshot()), COLOURS])
    await sheet.close()
    return _png(drawn["width"], drawn["height"], bytes(drawn["palette"]), b64decode(drawn["indices"]))


def _as_source(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"


def _png(width: int, height: int, palette: bytes, indices: bytes) -> bytes:
    rows = b"".join(b"\0" + indices[at * width : (at + 1) * width] for at in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
