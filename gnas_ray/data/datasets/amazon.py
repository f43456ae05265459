"""Amazon's reviews of 2018 (Ni, Li and McAuley 2019, doi:10.18653/v1/D19-1018): who rated what, in 29 categories.

The 5-core of each: its users and items have 5 reviews or more. For academic use, so it is fetched, never shipped.
"""

from __future__ import annotations

import html
from functools import partial
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from typing_extensions import override

from gnas_ray.core import GnasRayError
from gnas_ray.data.datasets.parsing import in_memory
from gnas_ray.data.datasets.published import Published, PublishedDataset
from gnas_ray.data.datasets.verification import verified
from gnas_ray.data.downloads import download_file
from gnas_ray.data.schema import ITEM_ID, RATING, TEXT, TIMESTAMP, USER_ID, RawData

ADDRESSES = (
    "https://jmcauley.ucsd.edu/data/amazon_v2",
    "https://mcauleylab.ucsd.edu/public_datasets/data/amazon_v2",
)
NUM_REVIEWS = {
    "AMAZON_FASHION": 3_176,
    "All_Beauty": 5_269,
    "Appliances": 2_277,
    "Arts_Crafts_and_Sewing": 494_485,
    "Automotive": 1_711_519,
    "Books": 27_164_983,
    "CDs_and_Vinyl": 1_443_755,
    "Cell_Phones_and_Accessories": 1_128_437,
    "Clothing_Shoes_and_Jewelry": 11_285_464,
    "Digital_Music": 169_781,
    "Electronics": 6_739_590,
    "Gift_Cards": 2_972,
    "Grocery_and_Gourmet_Food": 1_143_860,
    "Home_and_Kitchen": 6_898_955,
    "Industrial_and_Scientific": 77_071,
    "Kindle_Store": 2_222_983,
    "Luxury_Beauty": 34_278,
    "Magazine_Subscriptions": 2_375,
    "Movies_and_TV": 3_410_019,
    "Musical_Instruments": 231_392,
    "Office_Products": 800_357,
    "Patio_Lawn_and_Garden": 798_415,
    "Pet_Supplies": 2_098_325,
    "Prime_Pantry": 137_788,
    "Software": 12_805,
    "Sports_and_Outdoors": 2_839_940,
    "Tools_and_Home_Improvement": 2_070_831,
    "Toys_and_Games": 1_828_971,
    "Video_Games": 497_577,
}
"""Category -> reviews in its 5-core, as its page states them."""

_REVIEW = {USER_ID: "reviewerID", ITEM_ID: "asin", RATING: "overall", TIMESTAMP: "unixReviewTime"}
_TYPES = {USER_ID: pa.string(), ITEM_ID: pa.string(), RATING: pa.float32(), TIMESTAMP: pa.int64()}
_BLOCK_BYTES = 64 << 20
"""A row must fit in a block; some products have megabytes of description."""


class Amazon2018(PublishedDataset):
    """One category's 5-core; the item text is the product's title, "" where Amazon's page had none.

    A user may have reviewed a product more than once: `deduplicate` decides.

    Attributes:
        category: Its name in the addresses of the files.
    """

    name: Literal["amazon-2018"] = "amazon-2018"
    category: Literal[*NUM_REVIEWS]  # type: ignore[valid-type]

    @property
    @override
    def published(self) -> Published:
        return _published(self.category)

    @override
    def folder(self, home: Path) -> Path:
        return super().folder(home) / str(self.category)


def read_files(folder: Path, category: str) -> RawData:
    """The tables of the two files in `folder`: reviews as they come, and every reviewed product's title.

    Raises:
        GnasRayError: A line of a file is not what it should be.
    """
    reviews_file, products_file = (folder / name for name in _names(category))
    reviews = _lines(reviews_file, pa.schema([(_REVIEW[ours], type_) for ours, type_ in _TYPES.items()]))
    for name in reviews.column_names:
        if reviews[name].null_count:
            raise GnasRayError(f"{reviews_file}: {reviews[name].null_count} reviews have no {name!r}")
    products = _lines(products_file, pa.schema([("asin", pa.string()), ("title", pa.string())]))
    items = reviews["asin"].unique()
    title_of: dict[str, str] = {}
    for row in products.filter(pc.is_in(products["asin"], items)).to_pylist():
        title_of[row["asin"]] = title_of.get(row["asin"]) or _clean(row["title"] or "")
    texts = pa.array([title_of.get(item, "") for item in items.to_pylist()], pa.string())
    interactions = reviews.rename_columns(list(_TYPES))
    return RawData((in_memory("ratings", interactions),), in_memory("items", pa.table({ITEM_ID: items, TEXT: texts})))


def _names(category: str) -> tuple[str, str]:
    return f"{category}_5.json.gz", f"meta_{category}.json.gz"


def _lines(file: Path, schema: pa.Schema) -> pa.Table:
    """The fields of `schema` in a file of one JSON object a line."""
    options = pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    try:
        with pa.input_stream(file) as content:
            return pa.json.read_json(content, pa.json.ReadOptions(block_size=_BLOCK_BYTES), options)
    except (pa.ArrowException, OSError) as error:
        raise GnasRayError(f"{file}: cannot be read as a JSON object a line: {error}") from error


def _clean(title: str) -> str:
    """`title` as people read it; "" for a piece of script, which some pages' titles were taken for."""
    return "" if "getTime" in title else html.unescape(title).strip()


def _read(folder: Path, category: str) -> RawData:
    names = _names(category)
    if not all((folder / name).is_file() for name in names):
        raise GnasRayError(f"{folder}: {' and '.join(names)} are not both here")
    counts = {"interactions": NUM_REVIEWS[category]}
    return verified(read_files(folder, category), str(folder), _title(category), counts)


def _title(category: str) -> str:
    return f"Amazon's {category} of 2018"


def _download(address: str, category: str, folder: Path) -> None:
    for part, name in zip(("categoryFilesSmall", "metaFiles2"), _names(category), strict=True):
        download_file(f"{address}/{part}/{name}", folder)


def _published(category: str) -> Published:
    return Published(
        title=_title(category),
        command=f"gnas-ray data fetch amazon-2018 --set category={category}",
        ways=[(address, partial(_download, address, category)) for address in ADDRESSES],
        read=lambda folder: _read(folder, category),
        files=" and ".join(_names(category)),
    )
