"""An example of every body, for the API's description; a test holds each against its model."""

from typing import Any

_ID, _OTHER, _THIRD = (
    "665f1c2b9d0e4a4d7f9a5b3c",
    "665f1c2b9d0e4a4d7f9a5b3d",
    "665f1c2b9d0e4a4d7f9a5b3e",
)
_AT = "2026-05-04T09:00:00Z"
_TOKEN = "the-token-that-came-by-mail"  # noqa: S105 - it says what it is
_PHRASE = "correct horse battery staple"
_CODE = "123456"
_ME = {
    "id": _ID,
    "username": "ana",
    "email": "ana@example.org",
    "firstName": "Ana",
    "lastName": "Silva",
    "phone": "+351912345678",
    "address": "12 River Street",
    "role": "Community Member",
    "skills": [],
    "verified": False,
    "hasSecondFactor": False,
    "createdAt": _AT,
    "totalJobsAssigned": 0,
}
_REQUEST = {
    "id": _OTHER,
    "requester": _ID,
    "name": "Leaking tap",
    "address": "12 River Street",
    "phone": "+351912345678",
    "typeOfWork": "Plumbing",
    "description": "It drips since Monday.",
    "status": "Open",
    "booking": None,
    "expiresAt": None,
    "createdAt": _AT,
}
_BOOKING = {
    "id": _THIRD,
    "requester": _ID,
    "provider": _OTHER,
    "serviceRequest": _OTHER,
    "slot": _AT,
    "status": "Pending",
    "createdAt": _AT,
}
_LINE = {"id": _THIRD, "sender": _ID, "message": "Is ten o'clock fine?", "createdAt": _AT}
_OK = {"success": True}

EXAMPLES: dict[str, dict[str, Any]] = {
    "Register": {
        "username": "ana",
        "email": "ana@example.org",
        "password": _PHRASE,
        "confirmPassword": _PHRASE,
        "firstName": "Ana",
        "lastName": "Silva",
        "phone": "+351912345678",
        "address": "12 River Street",
        "birthdate": "1990-01-01",
        "role": "Community Member",
    },
    "Verify": {"token": _TOKEN, "password": _PHRASE},
    "Login": {"email": "ana@example.org", "password": _PHRASE},
    "SecondFactor": {"ticket": "the-ticket-that-the-login-gave", "code": _CODE},
    "Forgot": {"email": "ana@example.org"},
    "Reset": {"token": _TOKEN, "password": _PHRASE, "confirmPassword": _PHRASE},
    "ChangePassword": {
        "currentPassword": "the old one",
        "password": _PHRASE,
        "confirmPassword": _PHRASE,
    },
    "WithPassword": {"password": _PHRASE},
    "WithCode": {"code": _CODE},
    "EndSecondFactor": {"password": _PHRASE, "code": _CODE},
    "Profile": {"phone": "+351912345679", "skills": ["Plumbing"]},
    "NewServiceRequest": {
        "name": "Leaking tap",
        "address": "12 River Street",
        "phone": "+351912345678",
        "typeOfWork": "Plumbing",
        "description": "It drips since Monday.",
    },
    "ServiceRequestChange": {"description": "It drips more."},
    "NewBooking": {
        "serviceRequestId": _OTHER,
        "providerId": _OTHER,
        "slot": "2050-05-04T10:00:00Z",
    },
    "BookingChange": {"status": "Confirmed"},
    "NewMessage": {"message": "Is ten o'clock fine?"},
    "AccountChange": {"verified": True},
    "Done": {**_OK, "message": "Logged out."},
    "Ticket": {**_OK, "secondFactor": True, "ticket": "eyJ…"},
    "LoggedIn": {
        **_OK,
        "secondFactor": False,
        "user": _ME,
        "csrfToken": "9f2c….a41b…",
        "expiresIn": 900,
    },
    "MeAnswer": {**_OK, "user": _ME},
    "CsrfAnswer": {**_OK, "csrfToken": "9f2c….a41b…"},
    "RealtimeTicket": {**_OK, "ticket": "eyJ…"},
    "Enrolment": {**_OK, "uri": "otpauth://totp/…", "qrSvg": "<svg>…</svg>"},
    "RecoveryCodes": {**_OK, "recoveryCodes": ["abcdefgh2345abcd"]},
    "Providers": {
        **_OK,
        "providers": [
            {"id": _OTHER, "username": "rui", "skills": ["Plumbing"], "totalJobsAssigned": 7}
        ],
        "next": None,
    },
    "ServiceRequestAnswer": {**_OK, "serviceRequest": _REQUEST},
    "ServiceRequests": {**_OK, "serviceRequests": [_REQUEST], "next": None},
    "BookingAnswer": {**_OK, "booking": _BOOKING},
    "Bookings": {**_OK, "bookings": [_BOOKING], "next": None},
    "MessageAnswer": {**_OK, "message": _LINE},
    "Messages": {**_OK, "messages": [_LINE], "next": None},
    "Accounts": {**_OK, "users": [_ME], "next": None},
    "Health": {
        "status": "UP",
        "timestamp": _AT,
        "uptime": 12.5,
        "checks": {"database": "UP", "redis": "UP"},
        "limits": "redis",
        "workers": [
            {
                "pid": 4711,
                "generation": 1,
                "loadedAt": _AT,
                "loaded": {"JWT_SECRET_KEY": ["4jHk0a-Q"], "MONGO_URI": "Pq1_zzA0"},
                "refused": None,
            }
        ],
        "workersWanted": 1,
        "skc": {"JWT_SECRET_KEY": ["4jHk0a-Q"], "MONGO_URI": "Pq1_zzA0"},
    },
    "Ready": {"ready": True},
}
