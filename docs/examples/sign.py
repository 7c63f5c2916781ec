"""A sign beside the door: how many people are inside, asked for once a minute.

    XCS_URL=http://192.168.1.100/api/v1 XCS_KEY=… python sign.py

Written for one XCS. With another ``XCS_URL`` the same program shows a store of the platform, or all of them:
``https://PLATFORM/xcs/STORE_CODE/api/v1``, ``https://PLATFORM/xcs/api/v1``. ``XCS_LOCATION`` is what to show of it.
"""

import os
import time

import requests

URL = os.environ["XCS_URL"] + "/occupancy/current"
HEADERS = {"Authorization": f"Apikey {os.environ['XCS_KEY']}"}
LOCATION = {"locationId": os.environ["XCS_LOCATION"]} if "XCS_LOCATION" in os.environ else {}


def show_occupancy():
    try:
        response = requests.get(URL, params=LOCATION, headers=HEADERS, timeout=10)
        response.raise_for_status()
        zones = response.json()["data"]
        print(f"{sum(zone['current_people'] for zone in zones)} people in {len(zones)} zones", flush=True)
    except requests.exceptions.RequestException as error:
        print(f"Not known: {error}", flush=True)


while True:
    show_occupancy()
    time.sleep(60)
